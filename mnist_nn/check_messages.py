"""What the checks of the exercise say, by language."""

ENGLISH = {
    "no_model": "This is a {type}, not a Keras model. Use what the training call returns.",
    "other_outputs": (
        "The network has {outputs} outputs, but there are ten digits: its last layer needs 10 "
        "nodes and softmax."
    ),
    "hardly_better_than_guessing": (
        "The accuracy on the validation set is {accuracy:.4f}, hardly better than guessing. Lower "
        "the learning rate, or train for more steps."
    ),
    "linear_not_done": "Not done yet: train a linear model and call it linear_classifier.",
    "linear_below": (
        "Not there yet: the accuracy on the validation set is {accuracy:.4f}. Linear models reach "
        "{target:.2f} and more. Try more steps, larger batches, another learning rate."
    ),
    "linear_done": (
        "Well done: the accuracy on the validation set is {accuracy:.4f}. A linear model hardly "
        "gets beyond 0.90."
    ),
    "network_not_done": "Not done yet: train a network and call it classifier.",
    "network_below": (
        "Not there yet: the accuracy on the validation set is {accuracy:.4f}, and the task asks "
        "for {target:.2f}. Try more steps or larger batches."
    ),
    "network_done": "Well done: the accuracy on the validation set is {accuracy:.4f}.",
    "test_not_done": (
        "Not done yet: predict the digits of the test set (test_predictions), and compute the "
        "share that is right (accuracy)."
    ),
    "predictions_are_features": (
        "test_predictions are the pixels themselves: let classifier.predict turn them into "
        "probabilities first."
    ),
    "predictions_are_probabilities": (
        "test_predictions are probabilities, ten for each example: take the digit with the "
        "largest, with .argmax(axis=1)."
    ),
    "predictions_have_shape": (
        "test_predictions have the shape {shape}: there must be one digit for each of the {n} "
        "rows of the test set."
    ),
    "predictions_are_no_digits": (
        "test_predictions must be digits from 0 to 9: .argmax(axis=1) finds them, .max the largest "
        "probabilities."
    ),
    "predictions_are_stale": (
        "test_predictions are not what classifier predicts now. Was it trained again since, or "
        "were they predicted with another model or from other data? Predict once more."
    ),
    "test_rows_in_training": (
        "{shared} rows of the test set are in the training set, too: then the test tells nothing. "
        "Load and split the data again, from the top."
    ),
    "accuracy_is_many": "accuracy holds {n} values: take their mean.",
    "accuracy_is_no_share": "accuracy is {accuracy!r}: it must be a number from 0 to 1.",
    "accuracy_is_root": (
        "accuracy is {accuracy:.4f}, the square root of the share of right digits: leave out the "
        "root."
    ),
    "accuracy_differs": (
        "accuracy is {accuracy:.4f}, but {right:.4f} of the digits in test_predictions are right: "
        "compare them with test_targets."
    ),
    "test_of_weak_network": (
        "The computation is right: {right:.4f} on the test set. But the network is not there yet, "
        "with {validation:.4f} on the validation set; the task asks for {target:.2f}."
    ),
    "test_much_lower": (
        "The computation is right, but the accuracy is {right:.4f} on the test set and "
        "{validation:.4f} on the validation set: the network fits the validation set better than "
        "new digits."
    ),
    "test_done": (
        "Well done: {right:.4f} on the test set, {validation:.4f} on the validation set. The "
        "network does as well on digits that played no part in choosing it."
    ),
    "weights_not_done": (
        "Not done yet: train for 10, 100 and 1000 steps, and keep the weights of each first hidden "
        "layer in weights[10], weights[100] and weights[1000]."
    ),
    "weights_are_lists": (
        "weights must hold arrays, but these are lists, as get_weights() returns them: take the "
        "first item of each, or use .kernel.numpy()."
    ),
    "weights_have_shape": (
        "weights[{steps}] has the shape {shape}: the kernel of the first hidden layer has a row "
        "for each of the 784 pixels."
    ),
    "weights_are_the_same": (
        "Some of the weights are the same: take them anew after each training call."
    ),
    "weights_in_other_order": (
        "The weights should move away from their start as steps are added, but these do not. Are "
        "they of the networks that you mean?"
    ),
    "weights_done": "Well done: three networks, and their weights move further with more steps.",
}

CHINESE = {
    "no_model": "这是一个 {type}，不是 Keras 模型。请使用训练函数返回的模型。",
    "other_outputs": (
        "这个网络有 {outputs} 个输出，但数字共有十个：最后一层需要 10 个节点，并使用 softmax。"
    ),
    "hardly_better_than_guessing": (
        "验证集上的准确率为 {accuracy:.4f}，和瞎猜差不多。请降低学习速率，或者增加步数。"
    ),
    "linear_not_done": "尚未完成：请训练一个线性模型，并将其命名为 linear_classifier。",
    "linear_below": (
        "尚未达标：验证集上的准确率为 {accuracy:.4f}，而线性模型可以达到 {target:.2f} 甚至更高。"
        "试试增加步数、增大批量大小，或者换一个学习速率。"
    ),
    "linear_done": "做得好！验证集上的准确率为 {accuracy:.4f}。线性模型很难明显超过 0.90。",
    "network_not_done": "尚未完成：请训练一个神经网络，并将其命名为 classifier。",
    "network_below": (
        "尚未达标：验证集上的准确率为 {accuracy:.4f}，而任务要求达到 {target:.2f}。"
        "试试增加步数或增大批量大小。"
    ),
    "network_done": "做得好！验证集上的准确率为 {accuracy:.4f}。",
    "test_not_done": (
        "尚未完成：请预测测试集中的数字 (test_predictions)，并计算预测正确的比例 (accuracy)。"
    ),
    "predictions_are_features": (
        "test_predictions 是像素本身：请先用 classifier.predict 把它们转换为概率。"
    ),
    "predictions_are_probabilities": (
        "test_predictions 是概率，每个样本有十个：请用 .argmax(axis=1) 取概率最大的那个数字。"
    ),
    "predictions_have_shape": (
        "test_predictions 的形状是 {shape}：测试集共有 {n} 行，每一行应对应一个数字。"
    ),
    "predictions_are_no_digits": (
        "test_predictions 必须是 0 到 9 的数字：.argmax(axis=1) 给出数字，.max 给出的是最大的概率。"
    ),
    "predictions_are_stale": (
        "test_predictions 与 classifier 现在的预测不一致。后来是不是又训练过，"
        "或者预测时用了别的模型或别的数据？请重新预测一次。"
    ),
    "test_rows_in_training": (
        "测试集中有 {shared} 行也出现在训练集中，这样测试就失去了意义。"
        "请从头开始，重新加载并划分数据。"
    ),
    "accuracy_is_many": "accuracy 里有 {n} 个值：请取平均值。",
    "accuracy_is_no_share": "accuracy 是 {accuracy!r}：它必须是 0 到 1 之间的数。",
    "accuracy_is_root": "accuracy 为 {accuracy:.4f}，这是正确比例的平方根：请去掉开平方。",
    "accuracy_differs": (
        "accuracy 为 {accuracy:.4f}，但 test_predictions 中正确数字的比例是 {right:.4f}："
        "请与 test_targets 进行比较。"
    ),
    "test_of_weak_network": (
        "计算正确：测试集上为 {right:.4f}。但网络尚未达标：验证集上为 {validation:.4f}，"
        "而任务要求达到 {target:.2f}。"
    ),
    "test_much_lower": (
        "计算正确，但测试集上的准确率为 {right:.4f}，验证集上为 {validation:.4f}："
        "网络更适应验证集，对新数字的识别则差一些。"
    ),
    "test_done": (
        "做得好！测试集上为 {right:.4f}，验证集上为 {validation:.4f}。"
        "对于没有参与模型选择的数字，网络的表现同样出色。"
    ),
    "weights_not_done": (
        "尚未完成：请分别训练 10、100 和 1000 步，并把每个网络第一个隐藏层的权重"
        "存入 weights[10]、weights[100] 和 weights[1000]。"
    ),
    "weights_are_lists": (
        "weights 里应当是数组，现在却是 get_weights() 返回的列表："
        "请取每个列表的第一项，或者使用 .kernel.numpy()。"
    ),
    "weights_have_shape": (
        "weights[{steps}] 的形状是 {shape}：第一个隐藏层的 kernel 应有 784 行，每个像素对应一行。"
    ),
    "weights_are_the_same": "有几组权重完全相同：请在每次训练之后重新取出权重。",
    "weights_in_other_order": (
        "随着步数增加，权重应当离初始值越来越远，但这些权重并非如此。"
        "请确认它们来自你想要的那几个网络。"
    ),
    "weights_done": "做得好！三个网络都已训练，步数越多，权重离初始值越远。",
}

KOREAN = {
    "no_model": (
        "Keras 모델이 아니라 {type} 객체입니다. 학습 호출이 반환한 값을 그대로 사용하세요."
    ),
    "other_outputs": (
        "신경망의 출력이 {outputs}개이지만 숫자는 열 가지입니다. 마지막 레이어에는 노드 10개와 "
        "소프트맥스가 필요합니다."
    ),
    "hardly_better_than_guessing": (
        "검증 세트의 정확성이 {accuracy:.4f}로, 찍는 것과 거의 다르지 않습니다. 학습률을 낮추거나 "
        "단계 수를 늘려 보세요."
    ),
    "linear_not_done": (
        "아직 완료되지 않았습니다. 선형 모델을 학습시켜 linear_classifier 변수에 저장하세요."
    ),
    "linear_below": (
        "조금 더 해 보세요. 검증 세트의 정확성이 {accuracy:.4f}입니다. 선형 모델로도 "
        "{target:.2f} 이상이 나옵니다. 단계 수나 배치 크기를 늘리거나 학습률을 바꾸어 보세요."
    ),
    "linear_done": (
        "잘했습니다! 검증 세트의 정확성이 {accuracy:.4f}입니다. 선형 모델로는 0.90을 크게 넘기 "
        "어렵습니다."
    ),
    "network_not_done": (
        "아직 완료되지 않았습니다. 신경망을 학습시켜 classifier 변수에 저장하세요."
    ),
    "network_below": (
        "조금 더 해 보세요. 검증 세트의 정확성이 {accuracy:.4f}입니다. 이 작업의 목표는 "
        "{target:.2f} 이상입니다. 단계 수나 배치 크기를 늘려 보세요."
    ),
    "network_done": "잘했습니다! 검증 세트의 정확성이 {accuracy:.4f}입니다.",
    "test_not_done": (
        "아직 완료되지 않았습니다. 테스트 세트의 숫자를 예측하고(test_predictions), 맞은 비율을 "
        "계산하세요(accuracy)."
    ),
    "predictions_are_features": (
        "test_predictions에 픽셀 값이 그대로 들어 있습니다. 먼저 classifier.predict를 호출하여 "
        "확률로 바꾸세요."
    ),
    "predictions_are_probabilities": (
        "test_predictions에 예마다 확률이 열 개씩 들어 있습니다. .argmax(axis=1)을 사용하여 "
        "확률이 가장 큰 숫자를 고르세요."
    ),
    "predictions_have_shape": (
        "test_predictions의 형태가 {shape}입니다. 테스트 세트의 {n}개 행마다 숫자가 하나씩 있어야 "
        "합니다."
    ),
    "predictions_are_no_digits": (
        "test_predictions에는 0부터 9까지의 숫자가 있어야 합니다. 숫자는 .argmax(axis=1)로 구하며, "
        ".max는 가장 큰 확률을 반환합니다."
    ),
    "predictions_are_stale": (
        "test_predictions의 값이 classifier의 현재 예측과 다릅니다. 그사이에 모델을 다시 "
        "학습시켰거나, 다른 모델이나 다른 데이터로 예측했나요? 한 번 더 예측하세요."
    ),
    "test_rows_in_training": (
        "테스트 세트의 행 중 {shared}개가 학습 세트에도 있습니다. 이러면 테스트를 해도 아무것도 알 "
        "수 없습니다. 맨 위부터 데이터를 다시 불러와 나누세요."
    ),
    "accuracy_is_many": "accuracy에 값이 {n}개 들어 있습니다. 평균을 구하세요.",
    "accuracy_is_no_share": "accuracy의 값이 {accuracy!r}입니다. 0에서 1 사이의 숫자여야 합니다.",
    "accuracy_is_root": (
        "accuracy의 값이 {accuracy:.4f}인데, 이는 맞은 비율의 제곱근입니다. 제곱근을 씌우지 말고 "
        "계산하세요."
    ),
    "accuracy_differs": (
        "accuracy의 값은 {accuracy:.4f}이지만, test_predictions에서 실제로 맞은 비율은 "
        "{right:.4f}입니다. test_targets와 비교하여 계산하세요."
    ),
    "test_of_weak_network": (
        "계산은 맞습니다. 테스트 세트의 정확성은 {right:.4f}입니다. 하지만 신경망이 아직 "
        "부족합니다. 검증 세트의 정확성은 {validation:.4f}이고, 작업의 목표는 {target:.2f}입니다."
    ),
    "test_much_lower": (
        "계산은 맞지만, 정확성이 테스트 세트에서는 {right:.4f}, 검증 세트에서는 "
        "{validation:.4f}입니다. 신경망이 새로운 숫자보다 검증 세트에 더 잘 맞추어져 있습니다."
    ),
    "test_done": (
        "잘했습니다! 정확성이 테스트 세트에서는 {right:.4f}, 검증 세트에서는 "
        "{validation:.4f}입니다. 모델을 고를 때 쓰지 않은 숫자도 신경망이 똑같이 잘 분류합니다."
    ),
    "weights_not_done": (
        "아직 완료되지 않았습니다. 10, 100, 1000단계로 각각 학습시킨 다음, 첫 번째 히든 레이어의 "
        "가중치를 weights[10], weights[100], weights[1000]에 저장하세요."
    ),
    "weights_are_lists": (
        "weights에는 배열이 있어야 하는데 get_weights()가 반환한 리스트가 들어 있습니다. "
        "각 리스트의 첫 번째 항목을 사용하거나 .kernel.numpy()를 사용하세요."
    ),
    "weights_have_shape": (
        "weights[{steps}]의 형태가 {shape}입니다. 첫 번째 히든 레이어의 kernel에는 784개의 "
        "픽셀마다 행이 하나씩 있어야 합니다."
    ),
    "weights_are_the_same": (
        "일부 가중치가 서로 똑같습니다. 학습을 호출할 때마다 가중치를 새로 가져오세요."
    ),
    "weights_in_other_order": (
        "단계 수가 늘수록 가중치가 처음 값에서 멀어져야 하는데, 그렇지 않습니다. 의도한 신경망의 "
        "가중치가 맞는지 확인하세요."
    ),
    "weights_done": (
        "잘했습니다! 신경망 세 개를 비교해 보면, 단계 수가 많을수록 가중치가 처음 값에서 더 멀리 "
        "움직입니다."
    ),
}

MESSAGES = {"en": ENGLISH, "zh": CHINESE, "ko": KOREAN}
